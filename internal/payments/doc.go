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

  - started and unknown are left only by what Stripe says to the attempt's own
    call (which may be sent again under the same key), or by a reading that shows that
    the intent went further. A reading that shows an unpaid intent, or one that waits
    for the buyer, proves nothing about a call that may still be under way, with one
    exception: when Stripe answered the repeated call with an error of its own (5xx) the
    call is over, and the reading after it is the truth.
  - An attempt that waits for its buyer (requires_action) is superseded when the buyer
    comes with another token and Stripe says that it still waits: it becomes canceled,
    and the same intent is confirmed again. Every other active attempt refuses another
    token.
  - At most one attempt of an order is active; a partial unique index says so.
  - An attempt belongs to the intent that it created or confirmed again. News of an intent
    touches only the active attempt of that intent.

Settle

Every snapshot of an intent goes through rules.settle, whoever brings it:

	the answer to the attempt's call    asOwn    may fail a started attempt
	a reading made for the purpose      asFresh  the truth at the time of the reading
	an event                            asEvent  maybe old: only final news are believed,
	                                             anything else that differs is read afresh

A final status never changes again. A fresh reading is kept only if nobody
wrote the intent since before the reading; otherwise it is read again.

What can be cut, and who mends it

	between reserve and the call        attempt started: the resolver sends it
	during the call                     attempt started: the resolver sends it again, same key
	between the answer and its commit   same; Stripe replays its answer
	after the commit                    the same token gets the recorded answer
	webhook lost                        resolver and backfill read the intent
*/
