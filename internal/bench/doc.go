// Package bench measures what checkoutd costs, always beside the same work
// without it: acknowledgements beside the same handler without storage, confirm
// calls beside the bare upstream call, a full inbox beside an empty one.
//
// It holds only benchmarks, which `make bench` runs once each;
// docs/performance.md explains the figures. It guarantees:
//
//   - Both sides of a ratio are measured in one run, in short rounds that take
//     turns and alternate who begins. A ratio is the median of the ratios of
//     the rounds, so that a noisy neighbour disturbs both sides alike. The
//     quartiles are printed beside it.
//   - The measured code is the product's: the real middleware, handlers and
//     store, with fsync on, over HTTP on loopback with keep-alive.
//   - The client is a process of its own. It signs before the clock starts, and
//     its CPU time is printed beside the server's.
//
// No benchmark fails because of a time: a slow machine prints bad figures.
package bench
