// Runs ONNX files. Standard input: JSON, a list of {model, inputs: {name: {dims, data}}}; standard output: a list with the
// outputs of each, in the same form, or {error}.
const fs = require("fs");
const ort = require("onnxruntime-node");

async function answer({ model, inputs }) {
  try {
    const session = await ort.InferenceSession.create(model, { intraOpNumThreads: 1, logSeverityLevel: 3 });
    const feeds = {};
    for (const [name, { dims, data }] of Object.entries(inputs))
      feeds[name] = new ort.Tensor("float32", Float32Array.from(data), dims);
    const outputs = {};
    for (const [name, { dims, data }] of Object.entries(await session.run(feeds)))
      outputs[name] = { dims, data: Array.from(data) };
    return outputs;
  } catch (error) {
    return { error: String(error) };
  }
}

(async () => {
  const answers = [];
  for (const request of JSON.parse(fs.readFileSync(0, "utf8"))) answers.push(await answer(request));
  fs.writeSync(1, JSON.stringify(answers));
})();
