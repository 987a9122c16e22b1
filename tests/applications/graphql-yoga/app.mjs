import { createServer } from "node:http";
import { createSchema, createYoga } from "graphql-yoga";

const yoga = createYoga({
  logging: false,
  schema: createSchema({
    typeDefs: /* GraphQL */ `
      scalar File
      type Query {
        hello(name: String!): String!
        agent: String
        fails: String
      }
      type Mutation {
        add(a: Int!, b: Int!): Int!
        read(file: File!): String!
      }
      type Subscription {
        countdown(from: Int!): Int!
      }
    `,
    resolvers: {
      Query: {
        hello: (_, { name }) => `Hello ${name}`,
        agent: (_, __, { request }) => request.headers.get("user-agent"),
        fails: () => {
          throw new Error("it broke");
        },
      },
      Mutation: {
        add: (_, { a, b }) => a + b,
        read: (_, { file }) => file.text(),
      },
      Subscription: {
        countdown: {
          async *subscribe(_, { from }) {
            for (let number = from; number >= 0; number--) yield { countdown: number };
          },
        },
      },
    },
  }),
});

createServer(yoga).listen(process.env.PORT, "127.0.0.1");
