package config_test

import (
	"testing"
	"time"

	"checkoutd/internal/config"
)

func TestRetentionIsByState(t *testing.T) {
	t.Parallel()
	load := func(value string) (*config.Config, error) {
		return config.Load(config.Migrate, []string{"ORDER_RETENTION=" + value, "EVENT_RETENTION=90d"}, files(nil))
	}

	c, err := load("paid=3650d, open=30d")

	const day = 24 * time.Hour
	if err != nil || c.Retention.Events != 90*day || len(c.Retention.Orders) != 2 || c.Retention.Orders["open"] != 30*day {
		t.Errorf("got %+v, %v", c, err)
	}

	for _, value := range []string{"30d", "review=30d", "paid=1h", "paid=30d,paid=40d", "paid=x", "paid=36501d"} {
		if _, err := load(value); err == nil {
			t.Errorf("%q is taken", value)
		}
	}
}
