package payments

import (
	"cmp"
	"slices"
	"strings"

	"checkoutd/internal/sandbox/api"
	"checkoutd/internal/sandbox/wire"
)

// createSetup is POST /v1/setup_intents, which may confirm the intent, too.
func createSetup(c *Call) (any, error) {
	if c.Params.Bool("attach_to_self") {
		return nil, wire.NotSimulated("attach_to_self")
	}

	id := wire.NewID("seti")
	si := &SetupIntent{
		ID:           id,
		Object:       api.KindSetup,
		Application:  c.Application(),
		ClientSecret: id + "_secret_" + wire.RandomText(25),
		Created:      c.Now.Unix(),
		Metadata:     wire.MergeMetadata(nil, c.Params),
		Status:       StatusRequiresMethod,
		Usage:        cmp.Or(c.Params.String("usage"), "off_session"),
	}

	if err := c.chooseSetupTypes(si); err != nil {
		return nil, err
	}
	if err := c.fillSetup(si); err != nil {
		return nil, err
	}

	c.Tx.Put(si)
	c.Emit("setup_intent.created", si)

	if c.Params.Bool("confirm") {
		return c.confirmSetup(si)
	}

	return si, nil
}

// chooseSetupTypes sets the payment method types that the intent can save.
func (c *Call) chooseSetupTypes(si *SetupIntent) error {
	types := c.Params.Strings("payment_method_types")
	if len(types) > 0 && c.Params.Bool("automatic_payment_methods", "enabled") {
		return bothKindsOfTypes()
	}

	switch {
	case len(types) > 0:
		if err := savable(types); err != nil {
			return err
		}

		si.PaymentMethodTypes = types

	case c.onlyCards():
		si.PaymentMethodTypes = []string{"card"}
	default:
		si.private.Implicit = !c.Params.Has("automatic_payment_methods")
		redirects := cmp.Or(c.Params.String("automatic_payment_methods", "allow_redirects"), "always")
		si.AutomaticPaymentMethods = &AutomaticMethods{AllowRedirects: redirects, Enabled: true}

		settings, err := c.chosenConfiguration(c.Params)
		if err != nil {
			return err
		}

		si.PaymentMethodTypes = c.SavableTypes(settings, redirects != "never")
		si.PaymentMethodConfig = &ConfigDetails{ID: settings}
	}

	si.PaymentMethodOptions = SetupOptions(si.PaymentMethodTypes)
	return nil
}

// SetupOptions returns the payment_method_options of a SetupIntent whose
// creator set none. Only cards and US bank accounts have any.
func SetupOptions(types []string) map[string]any {
	out := map[string]any{}
	if slices.Contains(types, "card") {
		out["card"] = map[string]any{
			"mandate_options":        nil,
			"network":                nil,
			"request_three_d_secure": "automatic",
		}
	}

	if slices.Contains(types, "us_bank_account") {
		out["us_bank_account"] = usBankOptions
	}

	return out
}

// fillSetup copies the parameters that create, update and confirm share into an
// intent that is not stored yet.
func (c *Call) fillSetup(si *SetupIntent) error {
	if cus := c.Params.String("customer"); cus != "" {
		if _, err := c.customer(cus, "customer"); err != nil {
			return err
		}

		si.Customer = &cus
	}

	api.SetText(&si.Description, c.Params, "description")
	api.SetText(&si.OnBehalfOf, c.Params, "on_behalf_of")

	if c.Params.Has("payment_method_options") {
		si.PaymentMethodOptions = c.mergeOptions(si.PaymentMethodOptions)
		si.private.MOTO = c.isMOTO(si.private.MOTO)
	}

	if c.Params.Has("single_use") {
		si.private.Single = &SingleUse{
			Amount:   c.Params.Int("single_use", "amount"),
			Currency: strings.ToLower(c.Params.String("single_use", "currency")),
		}
	}

	// A confirmation reads its payment method itself, in setupMethod.
	if c.Params.Bool("confirm") || strings.HasSuffix(c.Route.Pattern, "/confirm") {
		return nil
	}

	pm, err := c.sentMethod(wire.Deref(si.Customer), si.ID)
	if err != nil || pm == nil {
		return err
	}

	si.PaymentMethod, si.Status = &pm.ID, StatusRequiresConfirmation
	return nil
}

func retrieveSetup(c *Call) (any, error) {
	si, err := api.PathObject[*SetupIntent](c.API(), nounSetup)
	if err != nil {
		return nil, err
	}

	secret := c.Params.String("client_secret")
	if c.Publishable && secret == "" {
		return nil, wire.MissingParam("client_secret")
	}
	if secret != "" && secret != si.ClientSecret {
		return nil, wire.NotFound(nounSetup, c.ID)
	}
	if c.Publishable {
		return clientSetup(si), nil
	}

	return si, nil
}

func updateSetup(c *Call) (any, error) {
	prev, err := api.PathObject[*SetupIntent](c.API(), nounSetup)
	if err != nil {
		return nil, err
	}

	next := *prev
	next.Metadata = wire.MergeMetadata(prev.Metadata, c.Params)

	if err := c.fillSetup(&next); err != nil {
		return nil, err
	}

	if types := c.Params.Strings("payment_method_types"); len(types) > 0 {
		if err := savable(types); err != nil {
			return nil, err
		}

		next.PaymentMethodTypes, next.AutomaticPaymentMethods = types, nil
	}

	c.Tx.Put(&next)
	return &next, nil
}

func cancelSetup(c *Call) (any, error) {
	prev, err := api.PathObject[*SetupIntent](c.API(), nounSetup)
	if err != nil {
		return nil, err
	}

	switch prev.Status {
	case StatusCanceled: // with Stripe's own slip
		return nil, unexpectedSetup(prev, "You cannot cancel this SetupIntent because it it already canceled.")
	case StatusSucceeded, StatusProcessing:
		return nil, unexpectedSetup(prev,
			"You cannot cancel this SetupIntent because it has a status of %s. Only a "+
				"SetupIntent with one of the following statuses may be canceled: "+
				"`requires_payment_method`, `requires_confirmation`, or `requires_action`.",
			prev.Status,
		)
	}

	next := *prev
	next.Status, next.NextAction = StatusCanceled, nil
	next.CancellationReason = c.Params.Text("cancellation_reason")
	c.Tx.Put(&next)
	c.Emit("setup_intent.canceled", &next)

	return &next, nil
}

func listSetups(c *Call) (any, error) {
	created, pm := api.CreatedFilter(c.Params), c.Params.String("payment_method")
	toSelf := api.Equals(c.Params, "attach_to_self")

	customer, err := c.ListedCustomer()
	if err != nil {
		return nil, err
	}

	// No intent is attached to the account itself: createSetup refuses to.
	return api.Page(c.API(), api.KindSetup, customer, func(si *SetupIntent) bool {
		return created(si.Created) && toSelf("false") && (pm == "" || wire.Deref(si.PaymentMethod) == pm)
	})
}
