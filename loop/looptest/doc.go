// Package looptest is the conformance suite of a loop: what a program sees of its
// two ends, whatever lies between the program and the engine. It runs unchanged
// against package loop in one process and against client and daemon over shared
// memory; each [Harness] supplies the way in.
//
// The tests are named after the decisions (D1 …) and edge cases (E1 …) that they
// prove. Time is frames: a backendtest.Clock drives the device, and nothing is
// asserted about a wall clock. Where a harness can run in a testing/synctest
// bubble, "is still asleep" is certain; elsewhere it is only likely to be seen.
package looptest
