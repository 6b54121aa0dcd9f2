package dev.behalf.authz;

import dev.behalf.testkit.HouseRules;
import org.junit.jupiter.api.Test;

class HouseRulesTest {
    @Test
    void theRulesOfTheHouseHold() {
        HouseRules.check("dev.behalf.authz");
    }
}
