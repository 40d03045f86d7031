// Package function is what the two SCF functions do with an event, whatever
// carries it to them: a thin edge that decodes, and calls the core.
//
// Both take raw events: the runtime library's own decoding would fail an
// invocation before we could say why, and would drop fields that the platform has
// added since.
package function
