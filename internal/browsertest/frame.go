package browsertest

import (
	"context"
	"fmt"
	"time"

	"github.com/chromedp/chromedp"
)

// Frame waits until the document inside of an iframe has the element ready, and
// returns the iframe's node for chromedp.FromNode. It ends with the context.
//
// An iframe's node is replaced when its document is: who looks the node up
// while the iframe is still blank has one that never holds the page, and waits
// for ever. So both are looked up again until they fit together.
func Frame[S chromedp.Selectable](ctx context.Context, iframe S, ready chromedp.CSS) (*chromedp.Node, error) {
	for {
		node, err := frameNow(ctx, iframe, ready)
		if err == nil {
			return node, nil
		}
		if ctx.Err() != nil {
			return nil, fmt.Errorf("no %s in the iframe %v: %w", ready, iframe, ctx.Err())
		}
	}
}

// frameNow is one try. It is short: a stale node is only known by its silence.
func frameNow[S chromedp.Selectable](ctx context.Context, iframe S, ready chromedp.CSS) (*chromedp.Node, error) {
	ctx, cancel := context.WithTimeout(ctx, 500*time.Millisecond)
	defer cancel()
	nodes, err := chromedp.Run(ctx, chromedp.Nodes(iframe))
	if err != nil {
		return nil, err
	}
	return nodes[0], chromedp.Do(ctx, chromedp.Query(ready, chromedp.FromNode(nodes[0])))
}
