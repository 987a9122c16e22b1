import { NextResponse } from "next/server";

export const config = { matcher: ["/guarded", "/renamed"] };

export function proxy(request) {
  if (request.nextUrl.pathname === "/renamed") {
    return NextResponse.rewrite(new URL("/items/8", request.url));
  }
  if (request.cookies.get("key")?.value === "open") return NextResponse.json({ isOpen: true });
  return new NextResponse("closed", { status: 401, headers: { "x-proxy": "yes" } });
}
