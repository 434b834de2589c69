// Package looptest is the conformance suite of a loop: what programs see at its two ends, whatever
// lies between them and the engine. It runs unchanged against package loop in one process and
// against client and daemon over shared memory; each [Harness] supplies the way in.
//
// Tests are named after the decisions (D1 …) and edge cases (E1 …) in docs/decisions.md that they prove.
// Time is frames: a backendtest.Clock drives the device, and no test asserts a wall-clock time. In a
// testing/synctest bubble "is still asleep" is certain; elsewhere a failure is only likely to be seen.
package looptest
