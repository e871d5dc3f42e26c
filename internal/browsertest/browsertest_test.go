package browsertest_test

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"image/png"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"

	"checkoutd/internal/browsertest"
	"checkoutd/internal/testhost"
)

// victimEnv makes TestVictim act as the test binary that is killed.
const victimEnv = "BROWSERTEST_VICTIM"

func TestNew(t *testing.T) {
	t.Parallel()

	t.Run("every test has its own cookies, and a second tab shares them", func(t *testing.T) {
		t.Parallel()
		site := serve(t, "", "<title>page</title>")
		one, two := browsertest.New(t), browsertest.New(t)
		visit(t, one, site.URL)
		eval[string](t, one, "document.cookie = 'buyer=1'")
		visit(t, two, site.URL)

		if got := eval[string](t, two, "document.cookie"); got != "" {
			t.Errorf("another test sees the cookie %q", got)
		}

		tab := browsertest.NewTab(t, one)
		visit(t, tab, site.URL)

		if got, want := eval[string](t, tab, "document.cookie"), "buyer=1"; got != want {
			t.Errorf("the second tab sees %q, want %q", got, want)
		}
	})

	t.Run("hosts other than loopback are out of reach", func(t *testing.T) {
		t.Parallel()
		ctx := browsertest.New(t)
		err := chromedp.Do(ctx, chromedp.Navigate("http://example.com/"))
		if err == nil || !strings.Contains(err.Error(), "ERR_NAME_NOT_RESOLVED") {
			t.Errorf("got %v, want ERR_NAME_NOT_RESOLVED", err)
		}
	})
}

func TestFrame(t *testing.T) {
	t.Parallel()

	t.Run("a click reaches into the iframe of another site that loads late", func(t *testing.T) {
		t.Parallel()
		load := make(chan struct{})
		inner := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			<-load
			w.Header().Set("Content-Type", "text/html")
			_, _ = fmt.Fprint(w, `<button onclick="this.textContent='pressed'">press</button>`)
		}))

		t.Cleanup(inner.Close)
		url := strings.Replace(inner.URL, "127.0.0.1", "localhost", 1)
		outer := serve(t, "", "<body>")
		ctx := browsertest.New(t)
		visit(t, ctx, outer.URL)
		eval[int](t, ctx, "document.body.appendChild(document.createElement('iframe')).src = '"+url+"', 0")

		// The node that is found now is that of the blank document.
		if _, err := chromedp.Run(ctx, chromedp.Nodes(chromedp.CSS("iframe"))); err != nil {
			t.Fatal(err)
		}

		time.AfterFunc(100*time.Millisecond, func() { close(load) })

		frame, err := browsertest.Frame(ctx, chromedp.CSS("iframe"), "button")
		if err != nil {
			t.Fatal(err)
		}
		if err := chromedp.Do(ctx, chromedp.Click(chromedp.CSS("button"), chromedp.FromNode(frame))); err != nil {
			t.Fatal(err)
		}

		got, err := chromedp.Run(ctx, chromedp.Text(chromedp.CSS("button"), chromedp.FromNode(frame)))
		if want := "pressed"; err != nil || got != want {
			t.Errorf("got %q, %v, want %q", got, err, want)
		}
	})

	t.Run("waiting for an element that never appears ends with the context", func(t *testing.T) {
		t.Parallel()
		outer := serve(t, "", "<iframe></iframe>")
		ctx := browsertest.New(t)
		visit(t, ctx, outer.URL)
		ctx, cancel := context.WithTimeout(ctx, time.Second)
		defer cancel()

		_, err := browsertest.Frame(ctx, chromedp.CSS("iframe"), "button")
		if !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("got %v, want %v", err, context.DeadlineExceeded)
		}
	})
}

func TestProblems(t *testing.T) {
	t.Parallel()
	const policy = "default-src 'none'; script-src 'unsafe-inline'; connect-src 'self'"
	cases := map[string]struct {
		body string
		kind browsertest.Kind
		text string
	}{
		"a console.error is a problem": {"<script>console.error('no', 7)</script>", browsertest.Console, "no 7"},
		"an uncaught exception is a problem": {
			"<script>throw new Error('oh')</script>",
			browsertest.Exception, "Error: oh",
		},
		"an unhandled rejection is a problem": {
			"<script>Promise.reject(new Error('oh'))</script>",
			browsertest.Exception, "Error: oh",
		},
		"a blocked image is a problem":  {"<img src='/x.png'>", browsertest.CSP, "img-src"},
		"a blocked style is a problem":  {"<p style='color:red'>x</p>", browsertest.CSP, "style-src"},
		"an answer of 404 is a problem": {"<script>fetch('/none')</script>", browsertest.Network, "404"},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			site := serve(t, policy, c.body)
			ctx := browsertest.New(t)
			visit(t, ctx, site.URL)
			waitFor(t, "the problem", func() bool {
				for _, p := range browsertest.Problems(ctx) {
					if p.Kind == c.kind && strings.Contains(p.Text, c.text) {
						return true
					}
				}

				return false
			})

			if got := browsertest.Problems(ctx); len(got) != 1 {
				t.Errorf("got %d problems, want 1: %v", len(got), got)
			}
		})
	}

	t.Run("a good page has none", func(t *testing.T) {
		t.Parallel()
		site := serve(t, policy, "<script>console.log('fine'); console.warn('well')</script>")
		ctx := browsertest.New(t)
		visit(t, ctx, site.URL)

		if got := browsertest.Problems(ctx); len(got) != 0 {
			t.Errorf("got %v", got)
		}
	})
}

func TestLook(t *testing.T) {
	t.Parallel()
	site := serve(t, "", "<style>@media (prefers-color-scheme: dark) { p { color: rgb(1, 2, 3) } }</style><p>text</p>")
	const colour = "getComputedStyle(document.querySelector('p')).color"
	ctx := browsertest.New(t)
	visit(t, ctx, site.URL)

	for _, c := range []struct {
		dark bool
		want string
	}{{true, "rgb(1, 2, 3)"}, {false, "rgb(0, 0, 0)"}} {
		if err := chromedp.Do(ctx, browsertest.Dark(c.dark)); err != nil {
			t.Fatal(err)
		}
		if got := eval[string](t, ctx, colour); got != c.want {
			t.Errorf("dark %v: the text is %s, want %s", c.dark, got, c.want)
		}
	}

	if err := chromedp.Do(ctx, browsertest.Viewport(320, 640)); err != nil {
		t.Fatal(err)
	}
	if got, want := eval[string](t, ctx, "innerWidth + 'x' + innerHeight"), "320x640"; got != want {
		t.Errorf("the viewport is %s, want %s", got, want)
	}
}

func TestScreenshot(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "pictures")
	site := serve(t, "", "<body style='margin:0'><div style='height:2000px'></div>")
	ctx := browsertest.New(t)
	visit(t, ctx, site.URL)

	t.Run("without the variable nothing is written", func(t *testing.T) {
		t.Setenv("CHECKOUTD_SCREENSHOTS", "")
		browsertest.Screenshot(t, ctx, "none")

		if _, err := os.Stat(dir); !os.IsNotExist(err) {
			t.Errorf("%s is there: %v", dir, err)
		}
	})

	t.Run("the picture shows the whole page", func(t *testing.T) {
		t.Setenv("CHECKOUTD_SCREENSHOTS", dir)
		browsertest.Screenshot(t, ctx, "shop/empty")
		data, err := os.ReadFile(filepath.Join(dir, "shop-empty.png"))
		if err != nil {
			t.Fatal(err)
		}

		picture, err := png.DecodeConfig(bytes.NewReader(data))
		if err != nil {
			t.Fatal(err)
		}
		if picture.Width != 1280 || picture.Height != 2000 {
			t.Errorf("the picture is %dx%d, want 1280x2000", picture.Width, picture.Height)
		}
	})
}

func TestKilledTestBinary(t *testing.T) {
	t.Parallel()
	browsertest.New(t) // skips this test, like the others, without a browser
	victim := exec.Command(os.Args[0], "-test.run=^TestVictim$", "-test.v")
	victim.Env = append(os.Environ(), victimEnv+"=1", "TMPDIR="+t.TempDir())

	out, err := victim.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := victim.Start(); err != nil {
		t.Fatal(err)
	}

	var pid int
	var profile string
	for lines := bufio.NewScanner(out); pid == 0 && lines.Scan(); {
		_, line, _ := strings.Cut(lines.Text(), "victim: ")
		_, _ = fmt.Sscan(line, &pid, &profile)
	}

	if pid == 0 {
		t.Fatal("the victim did not start its browser")
	}
	if err := victim.Process.Kill(); err != nil {
		t.Fatal(err)
	}

	_ = victim.Wait()
	waitFor(t, "the profile is removed", func() bool {
		_, err := os.Stat(profile)
		return os.IsNotExist(err)
	})
}

// TestVictim is the other half of TestKilledTestBinary, in a process of its
// own.
func TestVictim(t *testing.T) {
	if os.Getenv(victimEnv) == "" {
		return
	}
	browser := chromedp.FromContext(browsertest.New(t)).Browser
	profiles, err := filepath.Glob(filepath.Join(os.TempDir(), "browsertest-*"))
	if err != nil || len(profiles) != 1 {
		t.Fatalf("got profiles %v, %v, want one", profiles, err)
	}
	fmt.Printf("victim: %d %s\n", browser.Process().Pid, profiles[0])
	time.Sleep(testhost.Patience) // to be killed
}

func serve(t *testing.T, policy, body string) *httptest.Server {
	t.Helper()
	site := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path != "/" {
			http.NotFound(w, r)
			return
		}

		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		if policy != "" {
			w.Header().Set("Content-Security-Policy", policy)
		}

		_, _ = fmt.Fprint(w, "<!doctype html>", body)
	}))

	t.Cleanup(site.Close)

	return site
}

func visit(t *testing.T, ctx context.Context, url string) {
	t.Helper()
	if err := chromedp.Do(ctx, chromedp.Navigate(url)); err != nil {
		t.Fatal(err)
	}
}

func eval[T any](t *testing.T, ctx context.Context, js string) T {
	t.Helper()
	value, err := chromedp.Run(ctx, chromedp.Evaluate[T](js))
	if err != nil {
		t.Fatal(err)
	}
	return value
}

func waitFor(t *testing.T, what string, ok func() bool) {
	t.Helper()
	for deadline := time.Now().Add(testhost.Patience); !ok(); time.Sleep(10 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("waited in vain: %s", what)
		}
	}
}
