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

Settle

Every snapshot of an intent goes through rules.settle, whoever brings it:

	the answer to the attempt's call    asOwn    may fail a started attempt
	a reading made for the purpose      asFresh  the truth at the time of the reading
	an event                            asEvent  maybe old: only final news are believed,
	                                             anything else that differs is read afresh

A final status never changes again. A fresh reading is kept only if neither the intent
nor the active attempt changed since before the reading; otherwise it is read again.

What can be cut, and who mends it

	between reserve and the call        attempt started: the resolver sends it
	during the call                     attempt started: the resolver sends it again, same key;
	                                    if it comes too late for that, it reads
	between the answer and its commit   same; Stripe replays its answer
	after the commit                    the same token gets the recorded answer
	webhook lost                        resolver and backfill read the intent
*/
