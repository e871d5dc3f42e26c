// Package store keeps everything that must survive: orders, attempts, intents,
// the inbox of events, buyers and keys. It implements the Store interfaces that
// the features declare, and it is the only package that writes SQL.
//
// It guarantees, on SQLite and on PostgreSQL alike:
//
//   - what a method has written is on disk when it returns;
//   - a method is one transaction: all of it is stored or nothing;
//   - changes of one order are made one after the other, under its lock;
//   - there is at most one active attempt and one started operation per order,
//     and at most one working event per group: unique indexes hold that, not
//     code.
//
// The engine below is package sqldb, which opens the database, runs the
// transactions and maps the tables. Here, a file holds what it is named for:
//
//   - orders.go, promotions.go: orders, and the count of a code's uses;
//   - payments.go: the state of one order, loaded and saved as a whole; its
//     tables are in attempts.go, intents.go, refunds.go, disputes.go,
//     operations.go, subscriptions.go and effects.go;
//   - inbox.go, inbox_claims.go, inbox_list.go, backfill.go, rejected.go: the
//     inbox of events;
//   - buyers.go, settings.go: Stripe customers, keys;
//   - startup.go: what a server does before it serves;
//   - schema.go: the migrations.
//
// A column is one line in the list of its table. A table whose rows belong to
// an order is one file and one line in seldomRows (payments.go).
//
// Errors: a wrong id is the feature's own "not found"; a database that cannot
// be reached is a fault of kind Unavailable; everything else is internal.
package store
