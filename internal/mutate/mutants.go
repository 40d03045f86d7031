package main

// mutants are the rules that something must hold, roughly in the order of an
// export's life.
var mutants = []mutant{}
