/** The interface of ComfyUI's page: its published types, corrected where they are wrong. */

interface Window {
  LiteGraph: { createNode(type: string): any; LGraphNode: { prototype: any } };
  LGraphBadge: new (options: { text: string; fgColor?: string; bgColor?: string }) => object;
}

declare module "*/scripts/app.js" {
  type App = import("@comfyorg/comfyui-frontend-types").ComfyApp;
  export const app: Omit<App, "extensionManager" | "graph" | "canvas"> & {
    extensionManager: import("@comfyorg/comfyui-frontend-types").ExtensionManager;
    graph: any;
    canvas: any;
  };
}

declare module "*/scripts/api.js" {
  type Api = import("@comfyorg/comfyui-frontend-types").ComfyApi;
  type Listener = (event: { detail: any }) => void; // no type is published for our events
  export const api: Omit<Api, "addEventListener" | "removeEventListener"> & {
    addEventListener(type: string, listener: Listener): void;
    removeEventListener(type: string, listener: Listener): void;
  };
}
