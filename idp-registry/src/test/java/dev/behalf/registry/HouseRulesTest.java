package dev.behalf.registry;

import dev.behalf.testkit.HouseRules;
import org.junit.jupiter.api.Test;

class HouseRulesTest {
    @Test
    void theRulesOfTheHouseHold() {
        HouseRules.check("dev.behalf.registry");
    }
}
