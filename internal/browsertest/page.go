package browsertest

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"
)

var errNoBrowser = errors.New("this test needs a browser, but found neither Chromium nor Chrome " +
	"(Debian: apt-get install chromium)")

// Kind is what sort of problem a page has.
type Kind string

// The kinds of problems.
const (
	Exception Kind = "exception" // an uncaught exception or rejection
	Console   Kind = "console"   // a console.error
	CSP       Kind = "csp"       // a violation of the content security policy
	Network   Kind = "network"   // a response of 400 or above, or none
	Other     Kind = "other"     // any other error in the browser's log
)

// Problem is an error that a page reported.
type Problem struct {
	Kind Kind
	Text string
	URL  string // where it happened, if the browser reports it
}

func (p Problem) String() string { return fmt.Sprintf("%s: %s (%s)", p.Kind, p.Text, p.URL) }

// Problems returns the errors that the pages of this tab have reported so far.
// A response of 400 or above is a Network problem even where the page expects
// it.
func Problems(ctx context.Context) []Problem {
	// The reply to this call arrives after all events that happened before it.
	// A dead tab sends no more events, so its error does not matter.
	_, _ = chromedp.Run(ctx, chromedp.Evaluate[int]("0"))
	tab := ctx.Value(tabKey{}).(*tab)
	tab.mu.Lock()
	defer tab.mu.Unlock()
	return append([]Problem(nil), tab.problems...)
}

// Viewport sets the size of the page in CSS pixels.
func Viewport(width, height int64) chromedp.Action[chromedp.Void] {
	return chromedp.EmulateViewport(width, height)
}

// Dark makes the page see a preference for dark colours, or for light ones if
// on is false.
func Dark(on bool) chromedp.Action[chromedp.Void] {
	scheme := &emulation.MediaFeature{Name: "prefers-color-scheme", Value: "light"}
	if on {
		scheme.Value = "dark"
	}
	return chromedp.Func(func(ctx context.Context, t *chromedp.Target) error {
		params := emulation.SetEmulatedMediaParams{Features: []*emulation.MediaFeature{scheme}}
		_, err := cdp.Call(ctx, t, emulation.SetEmulatedMedia, params)
		return err
	})
}

// Language makes the browser ask for pages in a language.
func Language(lang string) chromedp.Action[chromedp.Void] {
	return chromedp.Func(func(ctx context.Context, t *chromedp.Target) error {
		params := emulation.SetUserAgentOverrideParams{UserAgent: "Mozilla/5.0 (browsertest)", AcceptLanguage: lang}
		_, err := cdp.Call(ctx, t, emulation.SetUserAgentOverride, params)
		return err
	})
}

// Screenshot writes a picture of the whole page to name.png in the folder
// $CHECKOUTD_SCREENSHOTS. It does nothing if the variable is not set.
func Screenshot(tb testing.TB, ctx context.Context, name string) {
	tb.Helper()
	if err := screenshot(ctx, name); err != nil {
		tb.Error("browsertest: ", err)
	}
}

func screenshot(ctx context.Context, name string) error {
	dir := os.Getenv("CHECKOUTD_SCREENSHOTS")
	if dir == "" {
		return nil
	}

	picture, err := chromedp.Run(ctx, chromedp.FullScreenshot(100))
	if err != nil {
		return err
	}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return err
	}

	return os.WriteFile(filepath.Join(dir, strings.ReplaceAll(name, "/", "-")+".png"), picture, 0o644)
}

// tabKey is the key of the *tab in its context.
type tabKey struct{}

type tab struct {
	mu       sync.Mutex
	problems []Problem
}

// hear records the events that are problems.
func (t *tab) hear(event any) {
	switch event := event.(type) {
	case *runtime.EventExceptionThrown:
		details := event.ExceptionDetails
		text := details.Text
		if details.Exception != nil {
			text += " " + describe(details.Exception)
		}

		t.add(Problem{Exception, text, details.URL})

	case *runtime.EventConsoleAPICalled:
		if event.Type == runtime.ConsoleAPICalledTypeError || event.Type == runtime.ConsoleAPICalledTypeAssert {
			t.add(Problem{Console, describe(event.Args...), caller(event.StackTrace)})
		}

	case *log.EventEntryAdded:
		if event.Entry.Level == log.EntryLevelError {
			t.add(Problem{kindOf(event.Entry), event.Entry.Text, event.Entry.URL})
		}
	}
}

func (t *tab) add(problem Problem) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.problems = append(t.problems, problem)
}

func kindOf(entry *log.Entry) Kind {
	switch {
	case strings.Contains(entry.Text, "Content Security Policy"):
		return CSP
	case entry.Source == log.EntrySourceNetwork:
		return Network
	default:
		return Other
	}
}

// describe returns the text of console arguments as the developer tools show
// it.
func describe(args ...*runtime.RemoteObject) string {
	texts := make([]string, 0, len(args))
	for _, arg := range args {
		text := arg.Description
		if text == "" {
			text = strings.Trim(string(arg.Value), `"`)
		}
		texts = append(texts, text)
	}
	return strings.Join(texts, " ")
}

func caller(stack *runtime.StackTrace) string {
	if stack == nil || len(stack.CallFrames) == 0 {
		return ""
	}
	frame := stack.CallFrames[0]
	return fmt.Sprintf("%s:%d", frame.URL, frame.LineNumber+1)
}
