package planted.engine.there;

import org.jspecify.annotations.Nullable;
import planted.engine.here.Here;

public final class There {
  @Nullable Here here;
}
