package bench_test

import (
	"os"
	"path/filepath"
	"testing"
	"time"
)

// disk is a file beside the databases. Making one block of it durable costs
// what a commit costs at least.
type disk struct {
	b    *testing.B
	file *os.File
}

func openDisk(b *testing.B) *disk {
	b.Helper()
	f, err := os.Create(filepath.Join(b.TempDir(), "blocks"))
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { _ = f.Close() })
	return &disk{b, f}
}

// sync appends a block, waits until it is durable and returns how long it took.
func (d *disk) sync() time.Duration {
	d.b.Helper()
	start := time.Now()
	if _, err := d.file.Write(make([]byte, 4096)); err != nil {
		d.b.Fatal(err)
	}
	if err := d.file.Sync(); err != nil {
		d.b.Fatal(err)
	}
	return time.Since(start)
}

// perSecond returns how many blocks per second the disk makes durable.
func (d *disk) perSecond() float64 {
	start, n := time.Now(), 0
	for ; time.Since(start) < 200*time.Millisecond; n++ {
		d.sync()
	}
	return float64(n) / time.Since(start).Seconds()
}
