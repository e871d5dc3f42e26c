package sandbox

import "time"

func (c *call) later(id string, due time.Time, run func(c *call) error) { c.Later(id, due, run) }
func (c *call) elsewhere(account string, run func(c *call))             { c.Elsewhere(account, run) }

type paymentRoom struct{ srv *apiServer }

func (r *paymentRoom) op(method, pattern string, who access, run handler) route {
	return newRoute(method, pattern, who, run)
}
func (r *paymentRoom) background(account string, run func(c *call) error) {
	r.srv.background(account, run)
}
func (r *paymentRoom) update(account string, run func(c *call) error) error {
	return r.srv.update(account, run)
}

type billingRoom struct{ srv *apiServer }

func (r *billingRoom) op(method, pattern string, who access, run handler) route {
	return newRoute(method, pattern, who, run)
}
func (r *billingRoom) background(account string, run func(c *call) error) {
	r.srv.background(account, run)
}
func (r *billingRoom) update(account string, run func(c *call) error) error {
	return r.srv.update(account, run)
}

type connectRoom struct{ srv *apiServer }

func (r *connectRoom) op(method, pattern string, who access, run handler) route {
	return newRoute(method, pattern, who, run)
}
func (r *connectRoom) background(account string, run func(c *call) error) {
	r.srv.background(account, run)
}
func (r *connectRoom) update(account string, run func(c *call) error) error {
	return r.srv.update(account, run)
}
