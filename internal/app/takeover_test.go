package app_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/rs/zerolog"

	"checkoutd/internal/app"
	"checkoutd/internal/e2e/e2etest"
	"checkoutd/internal/testhost"
	"checkoutd/internal/testkit"
)

// TestASecondServerTakesOver starts a server with the configuration of a
// running one, its address included, as a rolling update does.
func TestASecondServerTakesOver(t *testing.T) {
	t.Parallel()
	first := e2etest.OpenShop(t)
	second := *first.Config
	second.Addr, second.SandboxAddr = first.App.Addr().String(), "127.0.0.1:0"
	second.SandboxStateFile = filepath.Join(t.TempDir(), "state")
	second.SQLiteWait = testhost.Patience

	log, started := &testkit.LogBook{}, make(chan error, 1)
	go func() {
		a, err := app.New(t.Context(), app.Options{Config: &second, Log: zerolog.New(log), Now: time.Now})
		if err == nil {
			err = a.Close()
		}
		started <- err
	}()

	holder := fmt.Sprintf(`"pid":%d`, os.Getpid())
	first.Eventually("it waits for the holder", func() bool { return strings.Contains(log.String(), holder) })
	if r := first.Buyer(t).Call("GET", "/readyz", ""); r.Status != 200 {
		t.Errorf("the first server is not ready any more: %d %s", r.Status, r.Body)
	}

	first.Stop()
	if err := <-started; err != nil {
		t.Errorf("the second server: %v", err)
	}
}
