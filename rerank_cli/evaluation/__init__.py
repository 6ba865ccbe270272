"""Measures rankings against judgments: ir_measures, significance, thresholds. All pure."""
