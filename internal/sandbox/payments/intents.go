package payments

import (
	"cmp"
	"strings"

	"checkoutd/internal/sandbox/api"
	"checkoutd/internal/sandbox/wire"
)

// CreateIntent is POST /v1/payment_intents, which may confirm the intent, too.
func CreateIntent(c *Call) (any, error) {
	pi, err := c.newIntent()
	if err != nil {
		return nil, err
	}
	if !c.Params.Bool("confirm") {
		return pi, c.refuseConfirmOnly()
	}
	return c.confirm(pi)
}

// confirmOnly are the parameters that make sense only together with
// confirm=true. A false one is no such parameter.
var confirmOnly = []string{
	"off_session",
	"error_on_requires_action",
	"mandate_data",
	"confirmation_token",
	"return_url",
}

// refuseConfirmOnly returns an error if the call sets a parameter that only a
// confirmation takes.
func (c *Call) refuseConfirmOnly() error {
	for _, name := range confirmOnly {
		if c.Params.Has(name) && !c.Params.Unset(name) && !wire.IsFalse(c.Params.String(name)) {
			return wire.Invalid(
				"", name,
				"You cannot set `%s` when creating a PaymentIntent without also setting "+
					"`confirm` to true.",
				name,
			)
		}
	}

	return nil
}

// newIntent stores an unconfirmed intent and emits payment_intent.created.
func (c *Call) newIntent() (*PaymentIntent, error) {
	if err := c.checkCharges(); err != nil {
		return nil, err
	}

	cur, err := c.CurrencyOf()
	if err != nil {
		return nil, err
	}

	amount, err := c.AmountOf(cur)
	if err != nil {
		return nil, err
	}

	id := wire.NewID("pi")
	pi := &PaymentIntent{
		ID:                 id,
		Object:             api.KindIntent,
		Amount:             amount,
		Application:        c.Application(),
		CaptureMethod:      "automatic_async",
		ConfirmationMethod: cmp.Or(c.Params.String("confirmation_method"), "automatic"),
		ClientSecret:       id + "_secret_" + wire.RandomText(25),
		Created:            c.Now.Unix(),
		Currency:           cur,
		Status:             StatusRequiresMethod,
		Metadata:           wire.MergeMetadata(nil, c.Params),
	}

	if err := c.chooseTypes(pi); err != nil {
		return nil, err
	}
	if err := c.fillIntent(pi); err != nil {
		return nil, err
	}

	c.Tx.Put(pi)
	c.Emit("payment_intent.created", pi)

	return pi, nil
}

// invoiceOwned are the parameters that an invoice sets on its intent, so that
// no call may change them.
var invoiceOwned = []string{
	"amount",
	"currency",
	"customer",
	"setup_future_usage",
	"capture_method",
	"application_fee_amount",
	"transfer_data",
}

// fillIntent copies the parameters that create, update and confirm share into
// an intent that is not stored yet.
func (c *Call) fillIntent(pi *PaymentIntent) error {
	p := c.Params
	for _, name := range invoiceOwned {
		if p.Has(name) && pi.Invoice != nil {
			return wire.Invalid(
				"", name,
				"You cannot change the `%s` of a PaymentIntent that was created by an invoice.",
				name,
			)
		}
	}

	if cus := p.String("customer"); cus != "" {
		if _, err := c.customer(cus, "customer"); err != nil {
			return err
		}

		pi.Customer = &cus
	}

	api.SetText(&pi.Description, p, "description")
	if err := checkEmail(p, "receipt_email"); err != nil {
		return err
	}

	api.SetText(&pi.ReceiptEmail, p, "receipt_email")
	api.SetText(&pi.OnBehalfOf, p, "on_behalf_of")
	api.SetText(&pi.StatementDescriptor, p, "statement_descriptor")
	api.SetText(&pi.StatementDescriptorSuffix, p, "statement_descriptor_suffix")
	api.SetText(&pi.TransferGroup, p, "transfer_group")
	api.SetText(&pi.SetupFutureUsage, p, "setup_future_usage")

	if p.Has("shipping") {
		pi.Shipping = api.ReadShipping(p.At("shipping"))
	}

	switch {
	case p.Unset("application_fee_amount"):
		pi.ApplicationFeeAmount = nil
	case p.Has("application_fee_amount"):
		pi.ApplicationFeeAmount = new(p.Int("application_fee_amount"))
	}

	if v := p.String("capture_method"); v != "" {
		pi.CaptureMethod = v
	}

	if err := c.fillTransfer(pi); err != nil {
		return err
	}

	if err := c.checkFee(pi); err != nil {
		return err
	}

	return c.fillIntentMethod(pi)
}

// checkFee refuses an application fee that nobody pays, or that is not within
// the amount.
func (c *Call) checkFee(pi *PaymentIntent) error {
	fee := pi.ApplicationFeeAmount
	if fee == nil {
		return nil
	}

	// Without a destination, only a direct charge in a connected account has
	// anybody whom the platform could charge a fee.
	if pi.TransferData == nil && c.Account == api.PlatformAccount {
		return wire.Invalid(
			"", "application_fee_amount",
			"Can only apply an application_fee_amount when the PaymentIntent is attempting a "+
				"direct payment (using an OAuth key or Stripe-Account header) or destination payment "+
				"(using `transfer_data[destination]`).",
		)
	}

	if *fee < 0 {
		return wire.Malformed("parameter_invalid_integer", "application_fee_amount", "Invalid non-negative integer")
	}

	if *fee > pi.Amount {
		return wire.Invalid("", "application_fee_amount",
			"The application fee amount cannot be greater than the charge amount.")
	}

	return nil
}

// fillTransfer sets the destination of an intent's money and how much of it
// goes there. An intent that has a destination keeps it.
func (c *Call) fillTransfer(pi *PaymentIntent) error {
	p := c.Params.At("transfer_data")
	if p == nil {
		return nil
	}

	var data TransferData
	if pi.TransferData != nil {
		data = *pi.TransferData
	}

	if dest := p.String("destination"); dest != "" {
		if err := c.CheckDestination("transfer_data[destination]", dest); err != nil {
			return err
		}

		data.Destination = dest
	}

	if data.Destination == "" {
		return wire.Invalid("", "transfer_data",
			"You cannot set `transfer_data[amount]` of a PaymentIntent without `transfer_data[destination]`.")
	}

	if p.Has("amount") {
		if p.Int("amount") < 0 {
			return wire.Malformed("parameter_invalid_integer", "transfer_data[amount]", "Invalid non-negative integer")
		}

		data.Amount = new(p.Int("amount"))
	}

	pi.TransferData = &data
	return nil
}

// fillIntentMethod sets the payment method options of an intent and, unless the
// call confirms the intent, its payment method.
func (c *Call) fillIntentMethod(pi *PaymentIntent) error {
	if c.Params.Has("payment_method_options") {
		pi.PaymentMethodOptions = c.mergeOptions(pi.PaymentMethodOptions)
		pi.private.MOTO = c.isMOTO(pi.private.MOTO)
	}

	// A confirmation reads its payment method itself, in readConfirm.
	if c.Params.Bool("confirm") || strings.HasSuffix(c.Route.Pattern, "/confirm") {
		return nil
	}

	pm, err := c.sentMethod(wire.Deref(pi.Customer), pi.ID)
	if err != nil || pm == nil {
		return err
	}
	if err := Fits(pi, pm); err != nil {
		return err
	}

	pi.PaymentMethod, pi.Status = &pm.ID, StatusRequiresConfirmation
	return nil
}

// sentMethod returns the payment method that the parameters name or describe
// for an intent, or nil if they do neither. A new one is stored.
func (c *Call) sentMethod(customer, intent string) (*PaymentMethod, error) {
	if id := c.Params.String("payment_method"); id != "" {
		return c.usableFor(intent, id, customer, "payment_method")
	}

	if data := c.Params.At("payment_method_data"); data != nil {
		pm, err := c.newMethod(data)
		if err != nil {
			return nil, err
		}

		c.Tx.Put(pm)
		return pm, nil
	}

	return nil, nil //nolint:nilnil // no payment method sent is not an error
}

func retrieveIntent(c *Call) (any, error) {
	pi, err := api.PathObject[*PaymentIntent](c.API(), api.KindIntent)
	if err != nil {
		return nil, err
	}

	secret := c.Params.String("client_secret")
	if c.Publishable && secret == "" {
		return nil, wire.MissingParam("client_secret")
	}
	if secret != "" && secret != pi.ClientSecret {
		return nil, wire.NotFound(api.KindIntent, c.ID)
	}
	if c.Publishable {
		return clientView(pi), nil
	}

	return pi, nil
}

func listIntents(c *Call) (any, error) {
	created := api.CreatedFilter(c.Params)

	customer, err := c.ListedCustomer()
	if err != nil {
		return nil, err
	}

	return api.Page(c.API(), api.KindIntent, customer, func(pi *PaymentIntent) bool {
		return created(pi.Created)
	})
}

// cancelReasons are the cancellation reasons that a caller may set.
const cancelReasons = "duplicate fraudulent requested_by_customer abandoned"

func cancelIntent(c *Call) (any, error) {
	prev, err := api.PathObject[*PaymentIntent](c.API(), api.KindIntent)
	if err != nil {
		return nil, err
	}

	if prev.Invoice != nil {
		return nil, wire.Invalid(
			"", "",
			"You cannot cancel PaymentIntents created by invoices. Try voiding the invoice instead.",
		)
	}

	reason := c.Params.String("cancellation_reason")
	if reason != "" && !api.ContainsWord(cancelReasons, reason) {
		return nil, wire.Malformed(
			"", "cancellation_reason",
			"Invalid cancellation_reason: must be one of duplicate, fraudulent, "+
				"requested_by_customer, or abandoned",
		)
	}

	if prev.Final() || prev.Status == StatusProcessing && !c.stoppable(prev) {
		return nil, unexpectedState(prev,
			"You cannot cancel this PaymentIntent because it has a status of %s. Only a "+
				"PaymentIntent with one of the following statuses may be canceled: "+
				"requires_payment_method, requires_capture, requires_confirmation, requires_action, "+
				"processing.",
			prev.Status,
		)
	}

	next := *prev
	switch prev.Status {
	case needsCapture:
		c.releaseCharge(&next, "charge.refunded")
	case StatusProcessing:
		c.stopDebit(&next)
	}

	next.Status, next.NextAction, next.AmountCapturable = StatusCanceled, nil, 0
	next.CanceledAt, next.CancellationReason = new(c.Now.Unix()), wire.OrNil(reason)
	c.Tx.Put(&next)
	c.Emit("payment_intent.canceled", &next)
	c.returnCash(&next)

	return &next, nil
}
