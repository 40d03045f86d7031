package main

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"

	"github.com/spf13/cobra"

	"github.com/imageferry/imageferry/internal/pack"
	"github.com/imageferry/imageferry/internal/plan"
	"github.com/imageferry/imageferry/internal/plan/planfile"
)

func packageCommand() *cobra.Command {
	var plans, out string
	c := &cobra.Command{
		Use:   "package BINARY...",
		Short: "Make the zips that SCF deploys, from built functions and plans.yaml",
		Long: `Checks plans.yaml, compiles it to plans.json, and writes one zip for each function
binary, such as dist/export.zip for bin/export. The same input gives the same bytes.
The same files also go to dist/scf, the folder that serverless.yml deploys.`,
		Args: cobra.MinimumNArgs(1),
		RunE: func(_ *cobra.Command, binaries []string) error {
			compiled, err := compile(plans)
			if err != nil {
				return err
			}
			for _, binary := range binaries {
				if err := packOne(binary, compiled, out); err != nil {
					return err
				}
			}
			return nil
		},
	}
	c.Flags().StringVar(&plans, "plans", "plans.yaml", "the plans to compile in")
	c.Flags().StringVar(&out, "out", "dist", "folder to write to")
	return c
}

// readPlans reads and checks plans.yaml.
func readPlans(name string) (plan.Document, error) {
	text, err := os.ReadFile(name)
	if err != nil {
		return plan.Document{}, fmt.Errorf("%w; name it with --plans, or with PLANS= for make", err)
	}
	return planfile.Parse(name, text)
}

// compile checks plans.yaml and returns plans.json.
func compile(name string) ([]byte, error) {
	doc, err := readPlans(name)
	if err != nil {
		return nil, err
	}
	var b bytes.Buffer
	err = doc.Write(&b)
	return b.Bytes(), err
}

func packOne(binary string, plans []byte, out string) error {
	body, err := os.ReadFile(binary)
	if err != nil {
		return fmt.Errorf("%w; build the functions with make build", err)
	}
	folder := filepath.Join(out, "scf")
	if err := os.MkdirAll(folder, 0o755); err != nil {
		return err
	}
	name := filepath.Base(binary)
	if err := os.WriteFile(filepath.Join(folder, "plans.json"), plans, 0o644); err != nil {
		return err
	}
	if err := os.WriteFile(filepath.Join(folder, name), body, 0o755); err != nil {
		return err
	}
	var b bytes.Buffer
	if err := pack.Write(&b, pack.File{Name: name, Body: body, Exec: true}, pack.File{Name: "plans.json", Body: plans}); err != nil {
		return fmt.Errorf("zip of %s: %w", name, err)
	}
	return os.WriteFile(filepath.Join(out, name+".zip"), b.Bytes(), 0o644)
}
