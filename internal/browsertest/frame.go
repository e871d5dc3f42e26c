package browsertest

import (
	"context"
	"fmt"
	"time"

	"github.com/chromedp/chromedp"
)

// Frame waits until the document inside of an iframe contains the element
// ready, and returns the iframe's node for chromedp.FromNode. It gives up when
// ctx ends.
//
// The node of an iframe is replaced together with its document: a node that was
// found while the iframe was still blank never contains the page. So both are
// looked up again until they belong together. A stale node shows only by never
// answering, so every try has a limit: each a longer one, for a machine on
// which a good node answers slowly.
func Frame[S chromedp.Selectable](ctx context.Context, iframe S, ready chromedp.CSS) (*chromedp.Node, error) {
	for limit := 500 * time.Millisecond; ; limit *= 2 {
		node, err := frameNow(ctx, limit, iframe, ready)
		if err == nil {
			return node, nil
		}
		if ctx.Err() != nil {
			return nil, fmt.Errorf("no %s in the iframe %v: %w", ready, iframe, ctx.Err())
		}
	}
}

// frameNow is one try of at most limit.
func frameNow[S chromedp.Selectable](
	ctx context.Context, limit time.Duration, iframe S, ready chromedp.CSS,
) (*chromedp.Node, error) {
	ctx, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	nodes, err := chromedp.Run(ctx, chromedp.Nodes(iframe))
	if err != nil {
		return nil, err
	}
	return nodes[0], chromedp.Do(ctx, chromedp.Query(ready, chromedp.FromNode(nodes[0])))
}
