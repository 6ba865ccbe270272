"""The MiniLM cross-encoder with its int8 weights as fp32: as ONNX, and as safetensors."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import onnx
from onnx import helper, numpy_helper

Floats = npt.NDArray[np.float32]


def to_fp32(quantised: Path, onnx_file: Path, safetensors_file: Path) -> None:
    """Write the weights of a dynamically quantised BERT as fp32, in both forms."""
    model = onnx.load(str(quantised))
    weights = _weights(model)
    _unquantise(model, weights)
    onnx_file.parent.mkdir(parents=True, exist_ok=True)
    onnx.save_model(model, str(onnx_file))
    named = {
        each.name: numpy_helper.to_array(each).astype(np.float32)
        for each in model.graph.initializer
        if each.name.startswith(("bert.", "classifier."))
        and each.name.endswith((".weight", ".bias"))
    }
    # A layer's matrix is stored as its transpose, under a number; the node says which layer's.
    named |= {_layer(name): value.T for name, value in weights.items() if name.startswith("/")}
    named |= {name: value for name, value in weights.items() if not name.startswith("/")}
    write_safetensors(safetensors_file, named)


def write_safetensors(path: Path, tensors: dict[str, Floats]) -> None:
    """Write arrays in the format of safetensors: the length of a header, the header, the data."""
    header: dict[str, Any] = {"__metadata__": {"format": "pt"}}
    at = 0
    for name, values in tensors.items():
        header[name] = {
            "dtype": "F32",
            "shape": values.shape,
            "data_offsets": [at, at := at + values.size * 4],
        }
    head = json.dumps(header).encode()
    with path.open("wb") as file:
        file.write(len(head).to_bytes(8, "little") + head)
        for values in tensors.values():
            file.write(np.ascontiguousarray(values, "<f4").tobytes())


def _weights(model: onnx.ModelProto) -> dict[str, Floats]:
    """The matrices by the names of the nodes that multiply by them; the embeddings by theirs."""
    arrays = {each.name: numpy_helper.to_array(each) for each in model.graph.initializer}

    def dequantised(name: str) -> Floats:
        base = name.removesuffix("_quantized")
        zero = arrays[f"{base}_zero_point"].astype(np.float32)
        values: Floats = (arrays[name].astype(np.float32) - zero) * arrays[f"{base}_scale"]
        return values

    found = {
        node.name: dequantised(node.input[1])
        for node in model.graph.node
        if node.op_type == "MatMulInteger"
    }
    embeddings = [name for name in arrays if name.endswith("embeddings.weight_quantized")]
    return found | {name.removesuffix("_quantized"): dequantised(name) for name in embeddings}


def _unquantise(model: onnx.ModelProto, weights: dict[str, Floats]) -> None:
    """Put one product in place of the nodes that quantise, multiply, and scale back."""
    graph = model.graph
    source = {each.output[0]: each.input[0] for each in graph.node if "Quantize" in each.op_type}
    user = {name: node for node in graph.node for name in node.input}
    gathered = {node.input[0]: node for node in graph.node if node.op_type == "Gather"}
    kept = []
    dropped = set()
    for node in graph.node:
        if node.op_type == "DynamicQuantizeLinear" or node.name in dropped:
            continue
        if node.op_type == "MatMulInteger":
            cast = user[node.output[0]]
            scaled = user[cast.output[0]]
            dropped |= {cast.name, scaled.name}
            name = f"{node.name}_weights"
            graph.initializer.append(numpy_helper.from_array(weights[node.name], name))
            kept.append(helper.make_node("MatMul", [source[node.input[0]], name], scaled.output))
        elif node.op_type == "DequantizeLinear":
            kept.append(helper.make_node("Identity", [node.input[0]], node.output))
        else:
            kept.append(node)
    for name, values in weights.items():
        if node_of := gathered.get(f"{name}_quantized"):
            graph.initializer.append(numpy_helper.from_array(values, name))
            node_of.input[0] = name
    used = {name for node in kept for name in node.input}
    initial = [each for each in graph.initializer if each.name in used]
    del graph.node[:], graph.initializer[:]
    graph.node.extend(node for node in kept if used & set(node.output) or _is_output(graph, node))
    graph.initializer.extend(initial)


def _is_output(graph: onnx.GraphProto, node: onnx.NodeProto) -> bool:
    return bool({each.name for each in graph.output} & set(node.output))


def _layer(node: str) -> str:
    """The name of a layer's weights, of the name of its node."""
    path = node.strip("/").split("/")[:-1]
    return ".".join([*path, "weight"])
