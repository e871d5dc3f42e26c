// Package certificates gets the certificates of the server's own https from a
// CA that speaks ACME (RFC 8555), such as Let's Encrypt, and renews them.
//
// # One request for all replicas
//
// Everything is in the database: the certificates with their keys, the orders
// in flight and the tokens of challenges. A certificate is due when there is
// none, when a third of its life is left, or when a failed try may be repeated.
// The server that claims it asks the CA; the others read the result. Whichever
// server the CA looks at answers it, since all have the account's key and the
// tokens. The account's key is made of a secret of the database, so that there
// is one account however many servers start at once.
//
// # What can be interrupted
//
//	claim          a lease; another server takes over when it ends
//	order at the CA
//	stored         the order's address and the private key
//	challenge      the CA looks at us
//	finalize       the CA signs
//	stored         the certificate; ends the claim
//
// The order and the key are stored before the CA signs. Whoever continues reads
// the order at the CA and goes on where it is: a certificate that was signed
// but not stored is fetched, not ordered again. Only an order that the CA calls
// invalid, or does not know, is replaced.
//
// # What the CA is spared
//
// No name but those of the configuration is ever asked for, whatever a client
// sends. A handshake never causes a request. When a failed try may be repeated
// is stored: a server that starts again does not ask earlier. What a crash
// interrupts goes on with its stored order when the lease ends; on SQLite that
// is the next start, which ends the leases of the server before it. Only a
// crash between the CA's answer and its storing costs another order. Let's
// Encrypt allows five failed validations of a name in an hour and five equal
// certificates in a week (https://letsencrypt.org/docs/rate-limits/); the
// pauses keep below the first, the stored orders below the second.
package certificates
