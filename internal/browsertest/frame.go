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
// looked up again until they belong together.
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

// frameNow is one try. It is short, because a stale node shows only by never
// answering.
func frameNow[S chromedp.Selectable](ctx context.Context, iframe S, ready chromedp.CSS) (*chromedp.Node, error) {
	ctx, cancel := context.WithTimeout(ctx, 500*time.Millisecond)
	defer cancel()
	nodes, err := chromedp.Run(ctx, chromedp.Nodes(iframe))
	if err != nil {
		return nil, err
	}
	return nodes[0], chromedp.Do(ctx, chromedp.Query(ready, chromedp.FromNode(nodes[0])))
}
