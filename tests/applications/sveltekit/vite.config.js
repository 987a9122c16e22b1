import adapter from "@sveltejs/adapter-node";
import { sveltekit } from "@sveltejs/kit/vite";

const options = {
  adapter: adapter({ precompress: true }),
  paths: { origin: "http://a.example" },
};

export default { plugins: [sveltekit(options)] };
