"""What runs at synth: watches and catalogue become a plan, and the plan a stack."""
