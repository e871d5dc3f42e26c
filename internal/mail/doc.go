// Package mail writes e-mails to buyers and to the shop: an order is paid,
// money is refunded, a renewal failed.
//
// Which e-mails follow from an effect is decided when the effect is worked
// (package effects): their rows commit together with the end of its claim. This
// package sends them, so no payment ever waits for a mail server.
//
//	due ──> sending ──> sent
//	 ^         │ ├────> failed    refused for good, or for three days
//	 └─────────┘ ├────> unknown   no answer after the whole e-mail
//	 not taken   └────> skipped   the order has no e-mail address
//
// An e-mail is marked as sending before the mail server is asked. If the server
// dies then, or the connection breaks after the end of the e-mail, nobody can
// know whether the mail server took it: SMTP has no way to ask
// (https://www.rfc-editor.org/rfc/rfc5321#section-6.1). Such an e-mail becomes
// unknown and is not sent again by itself, so nobody gets one twice. In every
// other case it is known that the e-mail was not taken, and it is sent again.
// Every try has the same Message-ID.
package mail
