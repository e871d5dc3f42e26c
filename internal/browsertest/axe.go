package browsertest

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"

	"checkoutd/internal/testhost"
)

// axeScript is the path of axe-core, one of the development packages of
// package-lock.json.
const axeScript = "node_modules/axe-core/axe.min.js"

// axeRun checks the part of the page that a selector matches. It finishes all
// animations first: otherwise a colour would be measured half way. Iframes and
// assets to preload, for which axe would wait with deadlines of its own, are
// left out: no rule of these sets needs them.
const axeRun = `(async () => {
	for (const move of document.getAnimations()) { try { move.finish(); } catch { move.cancel(); } }
	const found = await axe.run(%s, {
		runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'], resultTypes: ['violations'],
		iframes: false, preload: false,
	});
	return found.violations.map(({ id, impact, help, nodes }) => ({
		id, impact, help,
		nodes: nodes.map((node) => ({ target: node.target.flat().join(' '), html: node.html, why: node.failureSummary })),
	}));
})()`

// Violation is an accessibility rule that a page breaks.
type Violation struct {
	ID     string // of axe's rule, like "color-contrast"
	Impact string // minor, moderate, serious or critical
	Help   string
	Nodes  []ViolationNode
}

// ViolationNode is an element that breaks the rule. Target is its selector; for
// an element inside of shadow roots, the selectors of the hosts come first.
type ViolationNode struct{ Target, HTML, Why string }

func (v Violation) String() string {
	var text strings.Builder
	_, _ = fmt.Fprintf(&text, "%s (%s): %s", v.ID, v.Impact, v.Help)
	for _, node := range v.Nodes {
		why := strings.ReplaceAll(node.Why, "\n", "\n    ")
		_, _ = fmt.Fprintf(&text, "\n  %s\n    %s\n    %s", node.Target, node.HTML, why)
	}
	return text.String()
}

// Axe fails the test for every rule that the page breaks in its present state:
// those of WCAG 2.0 to 2.2, levels A and AA, and axe's best practices. A scope,
// a CSS selector, limits the check to the elements that it matches and excludes
// the rules about whole pages. Shadow roots are searched, documents in iframes
// are not: open those as pages of their own.
//
// The script is injected through the DevTools protocol, which no content
// security policy stops. Without the development packages the test is skipped,
// or fails where every test must run: see testhost.Missing.
func Axe(tb testing.TB, ctx context.Context, scope ...string) {
	tb.Helper()
	script, err := readAxe()
	if errors.Is(err, os.ErrNotExist) {
		testhost.Missing(tb, "this test needs the packages of package-lock.json, "+
			"but "+axeScript+" is missing (run: npm ci)")
	}
	if err != nil {
		tb.Fatal("browsertest: ", err)
	}

	found, err := violations(ctx, script, scope)
	if err != nil {
		tb.Fatal("browsertest: axe: ", err)
	}

	for _, violation := range found {
		tb.Errorf("axe finds %s", violation)
	}
}

func violations(ctx context.Context, script string, scope []string) ([]Violation, error) {
	there, err := chromedp.Run(ctx, chromedp.Evaluate[bool]("typeof axe === 'object'"))
	if err == nil && !there {
		_, err = chromedp.Run(ctx, chromedp.Evaluate[any](script+"; null"))
	}
	if err != nil {
		return nil, err
	}

	where := "document"
	if len(scope) > 0 {
		where = strconv.Quote(strings.Join(scope, ", "))
	}

	return chromedp.Run(ctx, chromedp.Evaluate[[]Violation](fmt.Sprintf(axeRun, where), chromedp.EvalAwaitPromise))
}

// readAxe reads the script from the module of the package under test.
func readAxe() (string, error) {
	dir, err := os.Getwd()
	for err == nil {
		if _, missing := os.Stat(filepath.Join(dir, "go.mod")); missing == nil {
			break
		}
		if filepath.Dir(dir) == dir {
			return "", fmt.Errorf("no go.mod above the test: %w", os.ErrNotExist)
		}

		dir = filepath.Dir(dir)
	}
	if err != nil {
		return "", err
	}

	script, err := os.ReadFile(filepath.Join(dir, axeScript))
	return string(script), err
}
