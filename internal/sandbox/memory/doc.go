// Package memory keeps the sandbox's objects: a store of accounts, transactions
// on one account, and the state file.
//
// A Store is locked by its callers, around a transaction or a read. Objects are
// immutable, so that what a caller found stays valid after the lock is gone.
//
// # The state file
//
// The file is an append-only log. It begins with a line that names the format.
// A frame follows for each commit: a marker, the length of the payload, its
// checksum (CRC-32C), and the payload. A payload is a list of records: an
// object, the deletion of one, an idempotency key with its response, the offset
// of the clock, or the deletion of everything. An idempotency key is in the
// frame of the change that it answers for, so a kill leaves both or neither.
//
// Every record has a number, its rev, which is given under the store's lock and
// is its place in the order of changes. Callers encode and write without that
// lock, so frames may stand in another order. Of several records of one object,
// the one with the highest rev counts. An object keeps its place in the order
// of creation, born, whichever record of it counts.
//
// A frame is written with one system call before the response leaves, without
// fsync: a killed process loses nothing that a caller was told, a machine that
// loses its power may lose the last seconds. If the disk is full, frames wait
// in memory, up to 64 MB of them, for the next write that succeeds.
//
// # Start
//
// The file is read twice: first where the latest record of everything is, then
// only those records, which are decoded on all processors. What is no whole
// frame at the end of the file was cut off by a kill and is dropped. A damaged
// frame elsewhere is skipped, up to the next marker, and reported in the log. A
// file with another beginning is refused and left alone. One of a former
// release, which held lines of JSON, is converted once.
//
// # Compaction
//
// When the file is larger than twice what it has to hold, and 64 MB more, it is
// compacted beside the callers. Nothing is encoded again; records are copied.
//
//  1. Copy the records that count, as far as the file reaches now, into a new
//     file beside it. The store is locked for reading for the checks of 256 KB
//     of records at a time. A deletion is left out only if every older change
//     was in the file before: it is no longer needed, because what it deletes
//     is left out, too.
//  2. Wait until every change is written that has a rev now. A record was left
//     out because of a newer one, and that one may still be on its way.
//  3. Copy what callers have appended meanwhile, as it is, and sync.
//  4. Copy the last 256 KB or less and rename the new file over the old one.
//     Only here do writers wait.
//
// Until the rename the old file has everything; after it, the new one has. A
// kill at any step leaves one of the two, and perhaps a part of a new file,
// which the next start removes.
package memory
