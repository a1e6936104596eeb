package planted.api;

import org.assertj.core.api.Assertions;
import planted.engine.Extended;

final class Upward {
  void use(Extended engine) {
    Assertions.assertThat(engine).isNotNull();
  }
}
