// Package sqldb is the database engine below package store: it opens SQLite or
// PostgreSQL, runs transactions, maps tables to Go types and migrates the
// schema. It knows nothing about orders or payments.
//
// The engines share one SQL text. Package store writes it once, with $1, $2, …
// as placeholders; the few differences are methods of dialect, implemented in
// sqlite.go and postgres.go.
//
//   - SQLite has one writing connection, which begins every transaction as a
//     writer, and a pool of readers that never wait for it. Callers who write
//     at the same time share a commit. Several processes may share one file on
//     one machine.
//   - PostgreSQL has one pool. The commands of a transaction travel together:
//     BEGIN with the first of them, COMMIT with the last. An order's change
//     costs two round trips.
//
// What a call has written is on disk when it returns (SQLite: WAL and
// synchronous=FULL; PostgreSQL: synchronous_commit is checked on every
// connection). A transaction that loses against another one (deadlock,
// serialization failure, busy file) runs again, a few times.
//
// No call waits for ever: Options.Timeout bounds it, waits for a connection and
// for locks included, and those who wait for the same row share one connection.
// On SQLite, who shares a commit also waits for the turns of the others.
// A call that succeeded on a deleted or replaced file is an error: its writes
// are lost, and what it read may be a write that was refused.
//
// Times are stored as Unix microseconds and read back in UTC; the zero time is
// 0. Text that PostgreSQL would refuse (NUL bytes, invalid UTF-8) is replaced
// by U+FFFD on both engines; []byte is stored unchanged.
package sqldb
