// Package clock runs functions when the sandbox's clock, which tests move
// forward, reaches their time.
package clock
