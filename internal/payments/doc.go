package payments

/*
An attempt

	            reserve (committed before the call)
	                 |
	              started --- no answer, or the process died ---> unknown
	                 |                                               |
	                 +-------- an answer, or a replayed answer ------+
	                 |
	  requires_action   processing   requires_capture     (still active)
	          \              |              /
	           succeeded   failed   canceled              (final)

  - Only two things end started and unknown: Stripe's answer under the attempt's
    own key, or a reading that shows that the intent went further. Once a
    request may have arrived, some answers prove nothing about it. One is a
    refusal that Stripe returns before it looks at the key (rate limit,
    authentication, most parameter checks). Another is a 5xx, after which Stripe
    may still complete the call.
  - The call is sent again for a quarter of an hour, while the order is open.
    After that the intent is only read. Half an hour after the attempt began, an
    intent that is unpaid, or was never created, proves that the attempt failed.
  - An attempt that waits for its buyer (requires_action) ends when the buyer
    comes with another token: its intent is canceled at Stripe, and the next
    attempt creates another. That costs several calls: an order allows it five
    times. Every other active attempt refuses another token.
  - Instructions that the buyer follows elsewhere (a voucher, a bank transfer,
    microdeposits) are valid for days. The order stays open that long and some
    days more, because such money is reported late.
  - At most one attempt of an order is active. A partial unique index enforces
    it.
  - A refusal because the customer was deleted, or because the intent was
    canceled elsewhere, proves that nothing was taken. Once that is replaced,
    the same attempt begins once more, under another key.
  - An attempt belongs to the intent that it created or confirmed again. News of
    an intent changes only the active attempt of that intent.

Modes

An order's mode changes the call of an attempt. Everything else is the same.

	payment       create a PaymentIntent with the token, or confirm the order's
	              own again
	setup         the same with a SetupIntent: it holds no money, and paid means
	              that the payment method is saved
	subscription  create the products and the subscription, set our metadata
	              on the intent of its first invoice and confirm it; or only
	              confirm again

  - The steps of a call are sent again from the first one, each under its own
    key, and Stripe repeats its answers. An error of a later step carries the
    intent that an earlier step made, which is linked at once. An intent that
    was never linked is found among the customer's subscriptions. So the next
    attempt confirms the intent that exists.
  - The intent of a subscription cannot be changed. If the order has changed,
    the subscription's invoice is voided, which Stripe refuses once it is paid,
    and the subscription is canceled; the next attempt begins another. The
    same happens when the order expires, and when the buyer comes with another
    token.
  - An invoice that is paid outside of Stripe is paid, although its intent is
    canceled: such a cancellation counts only in a reading, which shows the
    invoice. Nothing is captured for its order.
  - A subscription that is paid for is never ended here. One that is running
    although its first payment was canceled is ended before anything else, or a
    person reviews it. The same goes for one that is running while no first
    payment is known: until its order ends, it keeps other attempts out.
  - An intent for another amount than the order's is never confirmed: review.
  - Later invoices are news of the subscription. Their intents are kept as
    renewals, and settle leaves the order alone: they neither pay it nor undo
    its payment, and their refunds do not count.
  - An event that only repeats that a subscription is unpaid needs no reading.
  - A subscription's row is written from readings. A reading counts only if no
    other write came between. What an answer shows counts only while the
    subscription is not known, or incomplete.

  - A subscription with a trial begins with a SetupIntent, whose metadata names
    the subscription, because nothing else at Stripe does. It runs before a
    method is saved: until then the order is open, and nobody is told of the
    subscription. To end it, the SetupIntent is canceled first, which Stripe
    refuses once it has succeeded, and then the subscription. The first payment
    after the trial is a renewal.

  - An order whose total is zero has no attempt: place calls the same pay under
    the order's lock, once nothing else of the order may take money.

Settle

Every snapshot of an intent goes through rules.settle, whatever its source:

	asOwn    the answer to the attempt's own call  may fail a started attempt
	asFresh  a reading                             the truth when it was read
	asEvent  an event                              may be old: only final news
	                                               counts, and anything else
	                                               that differs is read afresh

Money for an order that is expired or canceled puts it in review, whichever
source shows it, even if the intent's reading does not.

A final status never changes again. A fresh reading counts only if neither the
intent nor the active attempt changed since before the reading; otherwise it is
read again.

Operations

	started (committed) --- an answer, a replayed answer, or a reading
	        |               that shows it -----------------------------> done
	        |
	        +--- a refusal that proves it, or half an hour in which
	             nothing shows ---------------------------------------> failed

  - At most one operation of an order is started. A partial unique index
    enforces it. The next request finds out its outcome first. If that request
    asks for the same, it is the same operation.
  - For a repeated request the operation is sent again under its key, for 23
    hours. Each resend is noted first, so that a refusal proves a failure only
    if it answers the only request. After that time, and for any other request,
    the operation is only read: a refund names its operation, and a capture or a
    cancellation shows on the intent.
  - A request with an ID is its operation for good: a repetition gets the
    outcome, whenever it comes.
  - The order is brought up to date before the operation ends. A process that
    dies between the two leaves the operation started, and its outcome is found
    again.
  - While a cancellation is started no attempt may begin.

What can be interrupted, and what repairs it

	between reserve and the call     attempt started: the resolver sends it
	during the call                  attempt started: the resolver sends it
	                                 again under the same key; once it is too
	                                 late for that, it reads
	between the answer and commit    the same; Stripe repeats its answer
	after the commit                 the same token gets the recorded answer
	a webhook is lost                the resolver and backfill read the intent
*/
