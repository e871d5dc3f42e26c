package app_test

import (
	"testing"
	"time"

	"checkoutd/internal/e2e/e2etest"
)

// Otherwise a server that was killed and started again would share its budget
// of requests with those that were killed.
func TestAServerOnSQLiteSharesItsBudgetWithNobody(t *testing.T) {
	t.Parallel()
	s := e2etest.OpenShop(t)
	now := time.Now()

	n, err := s.Store().CountReplicas(t.Context(), "rep_test", now, now.Add(time.Minute))
	if err != nil || n != 1 {
		t.Errorf("the server of an SQLite file counts among %d replicas, %v; want only the one of this test", n, err)
	}
}
