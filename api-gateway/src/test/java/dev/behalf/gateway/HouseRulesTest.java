package dev.behalf.gateway;

import dev.behalf.testkit.HouseRules;
import org.junit.jupiter.api.Test;

class HouseRulesTest {

    @Test
    void theGatewayKeepsTheRulesOfTheHouse() {
        HouseRules.check("dev.behalf.gateway");
    }
}
