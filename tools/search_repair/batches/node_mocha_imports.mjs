// A loader's hook: the project's own modules are imported anew in every generation.
let generation;

export function initialize(data) {
  generation = data.generation;
}

export async function resolve(specifier, context, next) {
  const found = await next(specifier, context);
  const own = found.url.startsWith("file:") && !found.url.includes("/node_modules/") && !/\.(?:node|json|wasm)$/.test(found.url);
  if (!own || !generation[0] || /[?&]aionr=|aion_r_/.test(found.url)) return found;
  return { ...found, url: `${found.url}${found.url.includes("?") ? "&" : "?"}aionr=${generation[0]}` };
}
