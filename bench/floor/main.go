// Command floor is the least that a Go function on SCF can be: the official
// library and an answer. What the benchmark measures here no function can save;
// everything else is compared with it.
package main

import "github.com/tencentyun/scf-go-lib/cloudfunction"

func main() {
	cloudfunction.Start(func() (string, error) { return "hello", nil })
}
