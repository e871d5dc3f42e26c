// Package rehearsal walks the edge cases of Stripe's checklist before going
// live (https://docs.stripe.com/get-started/checklist/go-live): incomplete,
// invalid and duplicate data, every type of error, and webhooks that come late,
// twice, in another order, or from somebody else.
//
// It speaks to a shop as its buyers, its backend and Stripe do, over HTTP, and
// knows nothing of its inside. The shop is one of the rehearsal's own, with the
// offline Stripe: whoever calls Run starts both and stops them afterwards. The
// cases run one after the other, because each compares what Stripe has charged
// before and after it.
//
// A case is a row of one of the tables in cases_….go: what is done, what has to
// happen, and a function that does it and says what happened. A case that this
// configuration does not allow is skipped, with the reason. The waits of a case
// end with what they wait for; Config.Patience only bounds them.
package rehearsal
