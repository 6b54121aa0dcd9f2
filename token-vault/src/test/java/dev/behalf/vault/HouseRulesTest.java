package dev.behalf.vault;

import dev.behalf.testkit.HouseRules;
import org.junit.jupiter.api.Test;

class HouseRulesTest {
    @Test
    void theRulesOfTheHouseHold() {
        HouseRules.check("dev.behalf.vault");
    }
}
