package backup

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"time"
)

// The names inside a backup.
const (
	manifestName = "manifest.json"
	SQLiteName   = "database.db.zst"
	PostgresName = "database.dump"
	SandboxName  = "sandbox.json.zst"
)

// format is the version of this layout.
const format = 1

// Manifest describes a backup.
type Manifest struct {
	Format  int       `json:"format"`
	TakenAt time.Time `json:"taken_at"` // no later than the state that was copied
	Version string    `json:"version"`  // of checkoutd
	Engine  string    `json:"engine"`   // sqlite or postgres
	Schema  int64     `json:"schema_version"`
	Mode    string    `json:"mode"`              // what the database is for: live keys, test keys, the sandbox
	Account string    `json:"account,omitempty"` // the Stripe account

	Database string `json:"database"` // its ID, which stays when it is restored

	Orders int64  `json:"orders"`
	Events int64  `json:"events"`
	Files  []File `json:"files"`
}

// File is one file of a backup.
type File struct {
	Name   string `json:"name"`
	Size   int64  `json:"size"`
	SHA256 string `json:"sha256"`
	// RawSHA256 is that of the file before it was compressed, "" if it was not.
	RawSHA256 string `json:"raw_sha256,omitempty"`
}

// file returns the named file, false if the backup has none.
func (m *Manifest) file(name string) (File, bool) {
	for _, f := range m.Files {
		if f.Name == name {
			return f, true
		}
	}
	return File{}, false
}

// readManifest reads the manifest in a backup's folder.
func readManifest(dir string) (m Manifest, err error) {
	text, err := os.ReadFile(filepath.Join(dir, manifestName))
	if err != nil {
		return m, err
	}
	if err := json.Unmarshal(text, &m); err != nil {
		return m, fmt.Errorf("%s is damaged: %w", filepath.Join(dir, manifestName), err)
	}
	if m.Format != format {
		return m, fmt.Errorf("%s has format %d, and this version of checkoutd knows %d: use the version that made it",
			filepath.Join(dir, manifestName), m.Format, format)
	}
	return m, nil
}
