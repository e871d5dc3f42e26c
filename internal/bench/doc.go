// Package bench measures what checkoutd costs, always beside the same work
// without it: acknowledgements beside the same handler without storage, confirm
// calls beside the bare upstream call, a full inbox beside an empty one.
//
// It holds benchmarks only, which `make bench` runs once each; docs/performance.md
// explains the figures. What it guarantees:
//
//   - both sides of a ratio are measured in one run, in short rounds that take turns
//     (and change who begins), and a ratio is the median of the rounds' own
//     ratios, so that a noisy neighbour disturbs both sides alike. The quartiles of the
//     rounds' ratios are printed beside it;
//   - the code that is measured is the product's: the real middleware, handlers and store,
//     with fsync on, over HTTP on loopback with keep-alive;
//   - what asks is a process of its own, which signs before the clock starts and
//     whose processor time is printed beside the server's.
//
// Nothing here fails because of a time: a slow machine prints bad figures.
package bench
