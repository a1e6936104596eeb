package dengine.kv;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;

class ExpiryBudgetTest {

  private final ExpiryBudget budget = new ExpiryBudget(4, 100, 1000);

  @Test
  void moreKeysGoTheLongerNoEntryCame() {
    assertThat(budget.keys(5000, 5000)).isEqualTo(4);
    assertThat(budget.keys(5000, 5001)).isEqualTo(104);
    assertThat(budget.keys(5000, 5009)).isEqualTo(904);
  }

  @Test
  void withOneEntryNoMoreGoThanTheBound() {
    assertThat(budget.keys(5000, 5010)).isEqualTo(1000);
    assertThat(budget.keys(0, Long.MAX_VALUE)).isEqualTo(1000);
    assertThat(new ExpiryBudget(1, Integer.MAX_VALUE, Integer.MAX_VALUE).keys(0, Long.MAX_VALUE))
        .isEqualTo(Integer.MAX_VALUE);
  }

  @Test
  void aBudgetByWhichKeysCouldBecomeMoreAndMoreIsRefused() {
    assertThatThrownBy(() -> new ExpiryBudget(0, 1, 1)).hasMessageContaining("perEntry = 0");
    assertThatThrownBy(() -> new ExpiryBudget(1, -1, 1)).hasMessageContaining("perMilli = -1");
    assertThatThrownBy(() -> new ExpiryBudget(2, 1, 1)).hasMessageContaining("most = 1");
  }
}
