// Package browsertest runs tests in a real browser: one headless Chromium for
// the test binary, and for every test a tab in a private browsing context with
// its own cookies and storage.
//
// The browser reaches loopback addresses only. It ends with the test binary,
// however that ends, and its profile is removed. What a page reports (an
// uncaught exception, a console.error, a violation of the content security
// policy) is collected for the test: see Problems.
//
// Documents of other sites in iframes run in the process of their page, so that
// chromedp can reach into them. Their origin still limits what they may do.
//
// On a machine without a browser the tests are skipped, or fail where every
// test must run: see testhost.Missing.
package browsertest

import (
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/chromedp/chromedp"

	"checkoutd/internal/testhost"
)

// patience bounds the life of a tab, so that waiting for an element that never
// appears fails instead of hanging. One test waits for many elements.
const patience = 2 * testhost.Patience

// New returns a chromedp context on a new tab in a new private browsing
// context, 1280 by 800 pixels, in light colours. Both end with the test. When
// the test has failed, its log shows the problems of the page, and a last
// screenshot is written where Screenshot writes.
func New(tb testing.TB) context.Context {
	tb.Helper()
	needBrowser(tb)
	browser, err := shared()
	if err != nil {
		tb.Fatal("browsertest: ", err)
	}
	return open(tb, browser, chromedp.WithNewBrowserContext())
}

// NewTab returns a chromedp context on a second tab in the private browsing
// context of ctx: the same buyer with the same cookies, in another tab.
func NewTab(tb testing.TB, ctx context.Context) context.Context {
	tb.Helper()
	return open(tb, ctx)
}

// open opens a tab and starts to listen to its events.
func open(tb testing.TB, parent context.Context, opts ...chromedp.ContextOption) context.Context {
	tb.Helper()
	tabCtx, closeTab := chromedp.NewContext(parent, opts...)
	tab := &tab{}
	err := chromedp.Listen(tabCtx, tab.hear)
	if err == nil {
		err = chromedp.Do(tabCtx, Viewport(1280, 800))
	}

	if err != nil {
		closeTab()
		tb.Fatal("browsertest: ", err)
	}

	tb.Cleanup(func() {
		defer closeTab()

		if tb.Failed() {
			report(tb, context.WithValue(tabCtx, tabKey{}, tab))
		}
	})

	ctx, cancel := context.WithTimeout(context.WithValue(tabCtx, tabKey{}, tab), patience)
	tb.Cleanup(cancel)

	return ctx
}

// report logs what is known about the tab of a failed test.
func report(tb testing.TB, ctx context.Context) {
	tb.Helper()
	ctx, cancel := context.WithTimeout(ctx, time.Minute)
	defer cancel()
	for _, problem := range Problems(ctx) {
		tb.Logf("the page: %s", problem)
	}
	if err := screenshot(ctx, tb.Name()+"-failed"); err != nil {
		tb.Logf("no screenshot of the page: %v", err)
	}
}

// shared starts the browser of the test binary on the first call. It has to be
// a package variable: the tests of a binary share nothing else.
var shared = sync.OnceValues(func() (context.Context, error) {
	path, err := findBrowser()
	if err != nil {
		return nil, err
	}

	leash, err := testhost.NewLeash("browsertest-")
	if err != nil {
		return nil, err
	}

	// This context is never cancelled: the leash ends the browser.
	ctx, _ := chromedp.NewExecAllocator(context.Background(), options(path, leash.Dir())...)
	ctx, _ = chromedp.NewContext(ctx)
	if err := chromedp.Do(ctx); err != nil {
		return nil, err
	}

	return ctx, leash.Hold("KILL", -chromedp.FromContext(ctx).Browser.Process().Pid)
})

func options(path, profile string) []chromedp.ExecAllocatorOption {
	opts := append(chromedp.DefaultExecAllocatorOptions[:],
		chromedp.ExecPath(path),
		chromedp.UserDataDir(profile),
		chromedp.DisableGPU,
		chromedp.Flag("disable-component-update", true),
		chromedp.Flag("disable-quic", true),
		chromedp.Flag("no-proxy-server", true),
		chromedp.Flag("host-resolver-rules",
			"MAP * ~NOTFOUND, EXCLUDE localhost, EXCLUDE *.localhost, EXCLUDE 127.0.0.1, EXCLUDE [::1]"),
		chromedp.Flag("disable-site-isolation-trials", true),
		chromedp.Flag("disable-features", "Translate,IsolateOrigins,site-per-process"),
		// In a process group of its own, so that the leash can end all of it.
		chromedp.ModifyCmdFunc(func(cmd *exec.Cmd) {
			cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
		}),
	)

	if os.Geteuid() == 0 {
		opts = append(opts, chromedp.NoSandbox) // Chromium has none for root
	}

	return opts
}

func needBrowser(tb testing.TB) {
	tb.Helper()
	if _, err := findBrowser(); err != nil {
		testhost.Missing(tb, err.Error())
	}
}

// findBrowser returns the path of a Chromium or Chrome.
func findBrowser() (string, error) {
	for _, name := range []string{
		"chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome",
		"/Applications/Chromium.app/Contents/MacOS/Chromium",
		"/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
	} {
		if path, err := exec.LookPath(name); err == nil {
			return filepath.Abs(path)
		}
	}
	return "", errNoBrowser
}
