// Package backendtest proves that a device keeps the contract of package backend, and supplies
// devices to the tests of its callers.
//
//	TestStream      the contract, for any stream on any clock
//	TestHeir        a stream that goes on in another process, beside a twin that does not
//	TestDamaged     what comes of it if the description is damaged
//	Clock           a stream whose time a test advances by hand
//	Dying, Failing  devices that break
//	Counter         blocks in which frame i holds i
//
// It imports no driver, measures no duration and asserts no upper bound on one.
package backendtest
