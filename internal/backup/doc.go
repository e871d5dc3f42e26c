// Package backup keeps copies of a database in a folder. It knows files, not
// databases: the caller dumps a database to a file and checks what it gets
// back.
//
// A backup is a folder of its own, checkoutd-20260131T120000Z-k3m9x2ab, with
//
//   - database.db.zst, an SQLite file, or database.dump, what pg_dump wrote;
//   - sandbox.json.zst, the state of the offline Stripe, in sandbox mode;
//   - manifest.json: when, of what, how large, and the SHA-256 of each file.
//
// It is written under a name that begins with a dot, and renamed when all of it
// is on the disk and was read back. So a folder with the name of a backup is
// complete, whatever was killed and when. What was killed is removed by the
// next run. The name ends with the ID of the database, so that several may have
// their backups in one folder: a run removes those of its own database alone.
// Only one process at a time makes a backup of a database in a folder.
package backup
