package dev.behalf.testkit;

import static org.assertj.core.api.Assertions.assertThat;

import com.deque.html.axecore.playwright.AxeBuilder;
import com.microsoft.playwright.Browser;
import com.microsoft.playwright.BrowserContext;
import com.microsoft.playwright.BrowserType;
import com.microsoft.playwright.Page;
import com.microsoft.playwright.Playwright;
import com.microsoft.playwright.options.ColorScheme;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.api.Assumptions;

/// The machine's own Chromium, driven by Playwright.
public final class Chromium implements AutoCloseable {

    private static final List<String> ARGUMENTS = List.of(
            "--no-sandbox",
            "--disable-gpu",
            "--disable-quic",
            "--no-first-run",
            "--disable-background-networking",
            "--disable-component-update",
            "--disable-sync");

    private static final Path SCREENSHOTS = Path.of("target", "screenshots");
    private static final List<String> RULES =
            List.of("wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice");

    private final Playwright playwright;
    private final Browser browser;

    private Chromium(Path executable) {
        playwright = Playwright.create(
                new Playwright.CreateOptions().setEnv(Map.of("PLAYWRIGHT_SKIP_BROWSER_DOWNLOAD", "1")));
        browser = playwright
                .chromium()
                .launch(new BrowserType.LaunchOptions()
                        .setExecutablePath(executable)
                        .setArgs(ARGUMENTS));
    }

    /// Skips the tests, and says why, where there is none.
    public static Chromium startOrSkip() {
        var executable = find();
        if (executable.isEmpty()) {
            System.out.println("Browser tests are skipped: no Chromium is installed (apt-get install chromium)");
        }
        Assumptions.assumeTrue(executable.isPresent(), "no Chromium is installed");
        return new Chromium(executable.orElseThrow());
    }

    public Browser browser() {
        return browser;
    }

    /// A new person's browser.
    ///
    /// @param scripts whether it runs any
    public BrowserContext context(boolean scripts, String locale) {
        return browser.newContext(
                new Browser.NewContextOptions().setLocale(locale).setJavaScriptEnabled(scripts));
    }

    /// Looks at the page as a phone shows it, light, and as a desk's screen does, dark: it does not scroll
    /// sideways, and axe finds nothing. Contrast does not depend on the width, nor the layout on the colours.
    public static void inspect(Page page, String name) {
        inspect(page, name, 360, ColorScheme.LIGHT);
        inspect(page, name, 1280, ColorScheme.DARK);
    }

    /// The same for one width, and keeps a picture below `target/screenshots`.
    public static void inspect(Page page, String name, int width, ColorScheme scheme) {
        page.setViewportSize(width, 800);
        page.emulateMedia(new Page.EmulateMediaOptions().setColorScheme(scheme));
        var what = name + "-" + width + "-" + scheme.name().toLowerCase(Locale.ROOT);
        page.screenshot(new Page.ScreenshotOptions()
                .setPath(SCREENSHOTS.resolve(what + ".png"))
                .setFullPage(true));
        assertThat(page.evaluate("document.documentElement.scrollWidth <= innerWidth"))
                .as(what + " scrolls sideways")
                .isEqualTo(true);
        var violations = new AxeBuilder(page)
                .withTags(RULES).analyze().getViolations().stream()
                        .map(rule -> rule.getId() + ": " + rule.getHelp() + " " + rule.getNodes())
                        .toList();
        assertThat(violations).as(what).isEmpty();
    }

    private static Optional<Path> find() {
        return Stream.of("chromium", "chromium-browser", "google-chrome")
                .map(name -> Path.of("/usr/bin", name))
                .filter(Files::isExecutable)
                .findFirst();
    }

    @Override
    public void close() {
        playwright.close();
    }
}
