package deliveries_test

import (
	"net/netip"
	"testing"

	"checkoutd/internal/deliveries"
)

func TestAddressesThatAreNotPublicAreRefused(t *testing.T) {
	t.Parallel()
	for _, address := range []string{
		"127.0.0.1", "127.8.8.8", "0.0.0.0", "0.1.2.3", "10.0.0.1", "172.16.0.1", "172.31.255.255", "192.168.1.1",
		"169.254.169.254", "100.64.0.1", "192.0.0.8", "192.0.2.1", "198.18.0.1", "198.51.100.7", "203.0.113.7",
		"224.0.0.1", "240.0.0.1", "255.255.255.255",
		"::", "::1", "::ffff:127.0.0.1", "::ffff:10.0.0.1", "::10.0.0.1", "fe80::1", "fe80::1%eth0", "fc00::1",
		"fd12::1", "fec0::1", "ff02::1", "64:ff9b::a00:1", "64:ff9b:1::1", "100::1", "2001::1", "2001:db8::1",
		"2002:a00:1::1", "3fff::1", "4000::1",
	} {
		if err := deliveries.Networks(nil).Check(netip.MustParseAddr(address), false); err == nil {
			t.Errorf("%s is allowed", address)
		}
	}

	for _, address := range []string{"1.1.1.1", "93.184.215.14", "172.32.0.1", "2606:4700::1111", "::ffff:1.1.1.1"} {
		a := netip.MustParseAddr(address)
		if err := deliveries.Networks(nil).Check(a, false); err != nil {
			t.Errorf("%s: %v", address, err)
		}
		if err := deliveries.Loopback().Check(a, true); err == nil {
			t.Errorf("plain http goes to %s", address)
		}
	}
}

func TestAllowedNetworks(t *testing.T) {
	t.Parallel()
	n := deliveries.Networks{netip.MustParsePrefix("10.1.0.0/16"), netip.MustParsePrefix("fd00::/8")}
	for address, want := range map[string]bool{
		"10.1.2.3": true, "::ffff:10.1.2.3": true, "fd12::1": true, "10.2.0.1": false, "127.0.0.1": false, "::1": false,
	} {
		for _, plain := range []bool{true, false} {
			if err := n.Check(netip.MustParseAddr(address), plain); (err == nil) != want {
				t.Errorf("%s, plain %t: %v, want allowed %t", address, plain, err, want)
			}
		}
	}
}

func TestCheckURL(t *testing.T) {
	t.Parallel()
	for address, want := range map[string]bool{
		"https://shop.example/hooks":       true,
		"https://shop.example:8443/?a=b":   true,
		"https://1.1.1.1/":                 true,
		"http://shop.example/hooks":        false,
		"https://127.0.0.1/":               false,
		"https://[::1]/":                   false,
		"https://user:secret@shop.example": false,
		"https://shop.example/#fragment":   false,
		"ftp://shop.example/":              false,
		"shop.example/hooks":               false,
		"https://":                         false,
		"":                                 false,
	} {
		if err := deliveries.CheckURL(address, nil); (err == nil) != want {
			t.Errorf("%q: %v, want allowed %t", address, err, want)
		}
	}

	if err := deliveries.CheckURL("http://127.0.0.1:3000/hooks", deliveries.Loopback()); err != nil {
		t.Errorf("loopback in the sandbox: %v", err)
	}
}
