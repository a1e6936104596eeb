package planted.engine.here;

import org.jspecify.annotations.Nullable;
import planted.engine.there.There;

public final class Here {
  @Nullable There there;
}
