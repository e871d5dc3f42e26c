// Package store keeps everything that must survive: orders, attempts, intents,
// the inbox of events, buyers and keys. It is the only package that knows SQL,
// and it implements the Store interfaces that the features declare.
//
// It guarantees, on SQLite and on PostgreSQL alike:
//
//   - what a method has returned is on disk (SQLite: WAL, synchronous=FULL;
//     PostgreSQL: synchronous_commit is checked on every connection);
//   - a method is one transaction: all of it is there afterwards or nothing;
//   - an order's changes are made one after the other, under its lock;
//   - at most one active attempt per order and one working event per group:
//     unique indexes hold that, not code.
//
// There is one SQL text for both engines; where they differ, dialect.go says
// so. SQLite has one writing connection, which starts its transactions as
// writers, and a pool of readers; readers never wait for the writer. Several
// processes may share one SQLite file on one machine; several machines need
// PostgreSQL.
//
// Times are kept as unix microseconds and come back in UTC; the zero time is 0.
// Text that PostgreSQL would refuse (NUL bytes, broken UTF-8) is replaced by
// U+FFFD on both engines; payloads are bytes and are kept to the letter.
//
// Errors: a wrong id is the feature's own "not found"; a database that cannot be
// reached is a fault of kind Unavailable; everything else is internal.
package store
