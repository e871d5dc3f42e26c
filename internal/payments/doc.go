package payments

/*
An attempt

	            reserve (durable, before the call)
	                 |
	              started --- no answer, or the process died ---> unknown
	                 |                                               |
	                 +------------- answer, or replayed answer ------+
	                 |
	  requires_action   processing   requires_capture     (still active)
	          \              |              /
	           succeeded   failed   canceled              (final)

  - started and unknown are left only by what Stripe says under the attempt's own key, or
    by a reading that shows that the intent went further. Once a request may have arrived, a
    refusal that Stripe gives before it looks at the key (rate limit, authentication, most
    parameter checks) says nothing about it; nor does a 5xx, which Stripe may roll forward.
  - The call is sent again for a quarter of an hour, while the order is open. After that
    the intent is only read, and when half an hour has passed since the attempt began, an
    intent that is unpaid or was never made is the proof that it failed.
  - An attempt that waits for its buyer (requires_action) ends when the buyer comes with
    another token: its intent is canceled at Stripe, and the next attempt makes another.
    Every other active attempt refuses another token.
  - At most one attempt of an order is active; a partial unique index says so.
  - An attempt belongs to the intent that it created or confirmed again. News of an intent
    touches only the active attempt of that intent.

Modes

An order's mode changes what an attempt's call does. Everything else is the same.

	payment       creates a PaymentIntent with the token, or confirms the order's own again
	setup         the same with a SetupIntent: it holds no money, and paid means saved
	subscription  products, subscription, our metadata on the intent of its first invoice,
	              confirm; or the last alone, again

  - The steps of a call are sent again from the first one, each under its own key, and
    Stripe repeats what it did. An error of a later step carries the intent that an
    earlier one made, which is linked at once; what nobody linked is found among the
    customer's subscriptions. So the next attempt confirms what is there.
  - The intent of a subscription cannot be changed. When the order is over something else
    its invoice is voided, which Stripe refuses once it is paid, and the subscription is
    canceled; then the next attempt begins another. An order that expires or whose buyer
    comes with another token ends it in the same way. A subscription that is paid for is
    never ended here; one that goes on although its first payment was canceled is ended
    before anything else, or is for a person. So is one that goes on while no first payment
    of it is known: until its order ends it keeps other attempts out.
  - An intent of another amount than the order's is never confirmed: review.
  - Later invoices are news of the subscription. Their intents are kept as renewals, which
    settle passes by: they neither pay the order nor unpay it, and their refunds do not count.
  - A subscription's row is written from readings. Each counts, and one is kept only if no
    other came between; what an answer shows is believed only while it is not known, or incomplete.

Settle

Every snapshot of an intent goes through rules.settle, whoever brings it:

	the answer to the attempt's call    asOwn    may fail a started attempt
	a reading made for the purpose      asFresh  the truth at the time of the reading
	an event                            asEvent  maybe old: only final news are believed,
	                                             anything else that differs is read afresh

A final status never changes again. A fresh reading is kept only if neither the intent
nor the active attempt changed since before the reading; otherwise it is read again.

Operations (Desk)

	written (started) --- answer, replayed answer, or a reading that shows it ---> done
	        |
	        +--- a refusal that proves, or half an hour of quiet and nothing shows ---> failed

  - At most one operation of an order is started; a partial unique index says so. The next
    wish finds out first what became of it. The same wish is then the same operation.
  - For the same wish it is sent again, under its key, for 23 hours; each sending is noted
    before, so that a refusal is a proof only for who sent the only request. After that,
    and for another wish, it is only read: a refund names its operation, a capture and a
    cancellation show on the intent.
  - The order is brought up to date before the operation ends: what is cut between the
    two is found started, and found out again.
  - While a cancellation is started no attempt may begin.

What can be cut, and who mends it

	between reserve and the call        attempt started: the resolver sends it
	during the call                     attempt started: the resolver sends it again, same key;
	                                    if it comes too late for that, it reads
	between the answer and its commit   same; Stripe replays its answer
	after the commit                    the same token gets the recorded answer
	webhook lost                        resolver and backfill read the intent
*/
